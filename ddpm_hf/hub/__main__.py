"""`python -m ddpm_hf.hub --folder D --model_id ID` pushes a trained model."""

from ddpm_hf.hub.push import main

main()
