"""Errors of the Hub's client, as one sentence that says what to do."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from huggingface_hub import get_token
from huggingface_hub.errors import HfHubHTTPError, HFValidationError
from huggingface_hub.utils import httpx  # type: ignore[attr-defined]  # httpx or httpx2, as it has

from ddpm_hf.errors import UserError

LOG_IN = "run `hf auth login`, or set HF_TOKEN"
REASONS = {
    401: f"the Hub does not accept the token; {LOG_IN}",
    403: "the token may not write there: give it write access on the Hub's token page",
    404: "there is no such repository, or the token may not see it",
    409: "something else changed it at the same time; start again",
    429: "the Hub has had too many requests; wait some minutes, then start again",
}


@contextmanager
def hub_errors(action: str, reasons: Mapping[int, str] | None = None) -> Iterator[None]:
    """Turn errors of the Hub's client into a UserError, "Can't {action}: …".

    reasons: what a status means here, beside `REASONS`. The message never shows the token.
    """
    try:
        yield
    except HfHubHTTPError as error:
        status = error.response.status_code
        later = ", which is trouble of its own: start again later" if status >= 500 else ""
        reason = {**REASONS, **(reasons or {})}.get(status, f"the Hub answered {status}{later}")
        raise UserError(f"Can't {action}: {reason}.") from error
    except (HFValidationError, ValueError) as error:
        raise UserError(f"Can't {action}: {error}") from error
    except (httpx.HTTPError, OSError) as error:
        reason = f"the Hub can't be reached ({type(error).__name__})"
        raise UserError(f"Can't {action}: {reason}.") from error


def require_token(token: str | None, action: str) -> None:
    """Raise UserError where there is neither a token given nor one from a login."""
    if (token or get_token()) is None:
        raise UserError(f"Can't {action}: there is no token; {LOG_IN}.")
