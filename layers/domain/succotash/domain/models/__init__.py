"""Statistical models of purchases and spend; the only part of the layer that needs numpy and scipy.

Nothing is imported here, so that a function which never scores never pays for numpy.
"""
