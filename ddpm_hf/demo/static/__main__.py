"""`python -m ddpm_hf.demo.static OUT`: the page as a folder of plain files."""

from ddpm_hf.demo.static.command import main

main()
