"""The demo company, put into an empty installation through the same verbs people use."""
