"""Types of tickets: what admins make of fields and workflows."""
