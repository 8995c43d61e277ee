"""Before anything is imported: no test asks the Hub, and Gradio does not report."""

import os

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
