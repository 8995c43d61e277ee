"""`python -m ddpm_hf.hub`."""

from ddpm_hf.hub.command import main

main()
