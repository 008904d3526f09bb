"""Submissions: taking what a form was sent, judging it, keeping it while the storage is away."""
