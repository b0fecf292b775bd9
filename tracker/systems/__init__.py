"""The register of IT systems, and who uses them."""
