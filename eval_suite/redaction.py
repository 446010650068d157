"""Configurations without their secrets, for whatever leaves the machine: reports and W&B."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_SECRET_KEY = re.compile(
    r"(^|[_.-])(api[_-]?keys?|keys?|token|secrets?|passwords?|passwd|passphrase|credentials?|auth|authorization|cookie|headers?)$",
    re.I,
)
# A key that names a secret can be spelled otherwise, but the secrets themselves have well-known shapes.
_SECRET_VALUE = re.compile(
    r"\b(sk-[A-Za-z0-9_-]{16,}|hf_[A-Za-z0-9]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|AKIA[0-9A-Z]{16}|AIza[0-9A-Za-z_-]{30,}"
    r"|xox[abprs]-[A-Za-z0-9-]{10,}|Bearer\s+[A-Za-z0-9._~+/-]{12,}=*)"
)
_IN_ADDRESS = re.compile(r"(\w+://)[^/\s:@]*:[^/\s@]*@")
_OVERRIDE = re.compile(r"^([+~]*[\w.@/-]+)=(.+)$", re.S)
REDACTED = "[redacted]"


def redacted(value: Any, key: str = "") -> Any:
    """``value`` with every secret in it replaced, at any depth; other values are kept as they are.

    Hydra overrides (``agent.config.api_key=...``) are looked through too.

    Example:
        >>> redacted({"api_key": "abc", "url": "https://me:pw@host/v1", "max_tokens": 5})
        {'api_key': '[redacted]', 'url': 'https://[redacted]@host/v1', 'max_tokens': 5}
    """
    if value is not None and value != "" and key and _SECRET_KEY.search(key) and not isinstance(value, (bool, int, float)):
        return REDACTED
    if isinstance(value, Mapping):
        return {str(name): redacted(item, str(name)) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [redacted(item) for item in value]
    if not isinstance(value, str):
        return value
    override = _OVERRIDE.match(value)
    if override and _SECRET_KEY.search(override.group(1)):
        return f"{override.group(1)}={REDACTED}"
    return _IN_ADDRESS.sub(rf"\1{REDACTED}@", _SECRET_VALUE.sub(REDACTED, value))
