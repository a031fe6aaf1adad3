"""Invitations on the wire."""

from typing import Literal

from api.wire import Wire, WireTime


class InvitationResource(Wire):
    """A link that signs a worker in on a device of its own, once."""

    object: Literal["worker_invitation"] = "worker_invitation"
    worker_id: str
    url: str
    """Of the capture page, with a code behind the `#`. It is shown here, and never again."""
    qr_svg: str
    """The same for a phone's camera: a QR code as an SVG document."""
    expires_at: WireTime
