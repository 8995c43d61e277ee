"""What is said to the person at the keyboard when something is wrong."""


class UserError(ValueError):
    """Something the user can mend; the message is one sentence that says how."""


def first_sentence(error: Exception) -> str:
    """What an error of another library says first, to stand in a sentence of ours."""
    said = " ".join(str(error).split()) or type(error).__name__
    return said.split(". ")[0].rstrip(".")
