"""Streamlit's own words in the person's language, where it takes none from us: a style sheet puts ours over them.

What it can't reach is named in ui/DECISIONS.md.
"""

from ui.language import N_, _, locale

STREAMLITS = "en"
# By where they are.
WORDS = {
    '[data-testid="stFileUploaderDropzone"] button p': N_("Choose a file"),
    '[data-testid="stFileUploaderDropzoneInstructions"] > *': N_("JPEG, PNG or WebP, at most 4 MiB."),
    '[data-testid="stCameraInputWebcamComponent"] [data-testid="stCameraInputButton"]': N_("Take the photo"),
    '[data-testid="stCameraInput"] > [data-testid="stCameraInputButton"]': N_("Take another one"),
    '[data-testid="stCameraInputWebcamComponent"] > :not([data-testid]) > :last-child': N_(
        "Allow your browser to use the camera for this page."
    ),
}


def style() -> str:
    """CSS: each of Streamlit's own words unseen, and ours in its place; nothing where English is read."""
    if locale().language == STREAMLITS:
        return ""
    rules = []
    for place, text in WORDS.items():
        rules.append(f"{place}, {place} * {{ font-size: 0; }}")
        # Unseen, they are not read out either. A button that is unseen itself could not be reached by keyboard.
        rules.append(f"{place}:not(button), {place} * {{ visibility: hidden; }}")
        quoted = _(text).replace("\\", "\\\\").replace('"', '\\"')
        rules.append(f'{place}::after {{ content: "{quoted}"; font-size: 1rem; visibility: visible; }}')
    return "\n".join(rules)
