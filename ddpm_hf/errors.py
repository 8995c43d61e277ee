"""What is said to the person at the keyboard when something is wrong."""


class UserError(ValueError):
    """Something the user can mend; the message is one sentence that says how."""


def first_line(error: Exception) -> str:
    """What an error of another library says, to stand in a sentence."""
    return str(error).strip().splitlines()[0].rstrip(".")
