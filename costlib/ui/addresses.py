"""Whether a server can be reached by others, and whether it may be started so."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence

from costlib.errors import UnsafeStart

SHORTEST_SECRET = 32
NEEDED = ("redirect_uri", "cookie_secret")
"""Of `[auth]`, whichever provider it is."""
OF_PROVIDER = ("client_id", "client_secret", "server_metadata_url")


def is_loopback(address: str | None) -> bool:
    """Whether only this machine reaches a server of this address; none is every address."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False


def address_of(options: Sequence[str], configured: str | None) -> str | None:
    """The address that `options` of `streamlit run` ask for, the last one counting; else the configured one."""
    flag, address = "--server.address", configured
    for place, option in enumerate(options):
        if option == flag and place + 1 < len(options):
            address = options[place + 1]
        elif option.startswith(f"{flag}="):
            address = option.partition("=")[2]
    return address


def require_safe(address: str | None, auth: Mapping[str, object], is_anonymous_allowed: bool) -> None:
    """Raise UnsafeStart for a server that shows cost to others without knowing them, or whose sign-in cannot hold."""
    if auth:
        _require_whole(auth)
    elif not is_loopback(address) and not is_anonymous_allowed:
        raise UnsafeStart(
            f"Everybody who reaches {address or 'this machine'} would see all cost: nobody signs in.",
            "Configure sign-in (docs/sign-in.md), serve on --server.address 127.0.0.1, or set "
            "COSTLIB_ALLOW_ANONYMOUS=1 to show everything to anybody.",
        )


def _require_whole(auth: Mapping[str, object]) -> None:
    providers = [section for section in auth.values() if isinstance(section, Mapping) and "client_id" in section]
    for section, names in [(auth, NEEDED), *((found, OF_PROVIDER) for found in providers or [auth])]:
        for name in names:
            if not section.get(name):
                raise UnsafeStart(f"Sign-in has no {name}.", "Add it to [auth] in .streamlit/secrets.toml.")
    if len(str(auth["cookie_secret"])) < SHORTEST_SECRET:
        raise UnsafeStart(
            f"The cookie_secret of [auth] has fewer than {SHORTEST_SECRET} characters: sessions could be forged.",
            'Make one: python -c "import secrets; print(secrets.token_urlsafe(48))".',
        )
    if not str(auth["redirect_uri"]).endswith("/oauth2callback"):
        raise UnsafeStart("The redirect_uri of [auth] does not end with /oauth2callback.", "Write it with that end.")
