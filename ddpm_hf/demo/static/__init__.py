"""The page as a folder of plain files: `python -m ddpm_hf.demo.static OUT`."""
