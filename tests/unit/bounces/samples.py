"""The mails in `mails/`: written for these tests after the formats of the programs they are named after."""

from pathlib import Path

FOLDER = Path(__file__).parent / "mails"
NAMES = sorted(path.stem for path in FOLDER.glob("*.eml"))

MESSAGE_ID = "5f0e6c1d2b3a49788796a5b4c3d2e1f0"
"""What stands before the @ in the Message-ID of the message that all of them are about."""

TOKEN = "AQEBABEiM0RVZneImaq7zN3u_65x_M0Blk4ra5_DJcWclBg"
"""The token in its List-Unsubscribe field: signed with key 1, the bytes 0 to 31, for a made-up subscriber."""

BOB = "bob@example.com"


def mail(name: str) -> bytes:
    return (FOLDER / f"{name}.eml").read_bytes()
