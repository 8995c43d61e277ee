"""How the UNet runs, and what is cached for it."""
