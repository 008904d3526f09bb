"""Orders as shop systems tell them: reading their files, and recording what they say."""
