"""Files: what people send each other, stored by an adapter, described in a table, served by signed links."""
