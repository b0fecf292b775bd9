"""Requirements as drafts: written, weighed, published."""
