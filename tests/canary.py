"""A password that shall stand in nothing that people see or that is kept."""

from __future__ import annotations

import base64
import re

CANARY = "cAnary7Bird9"
SECRET = re.compile(
    "|".join(
        [
            CANARY,
            *(
                base64.b64encode(text.encode()).decode().rstrip("=")[:-1]
                for text in (CANARY, f"ann:{CANARY}")
            ),
        ]
    )
)
"""The canary, as it is and as it is sent."""
