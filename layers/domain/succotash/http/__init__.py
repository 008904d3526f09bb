"""The edge: what comes in is read strictly, what goes out is JSON, HTML or problem+json."""
