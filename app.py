"""The Space's entry: `python app.py` serves the demo."""

from ddpm_hf.serve import main

if __name__ == "__main__":
    main()
