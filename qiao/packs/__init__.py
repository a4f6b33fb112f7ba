"""Industry starter packs: data that fills a new workspace."""
