"""Scripts whose results land in `datasets/measured/`."""
