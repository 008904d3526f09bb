"""People: who a customer is, what an e-mail address means, and who was erased."""
