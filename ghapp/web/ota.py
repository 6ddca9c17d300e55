"""How an iPhone installs an app from a page: a link of Apple's own kind, which leads to a list, which leads to the app.

Both must be on https. https://support.apple.com/guide/deployment/distribute-proprietary-in-house-apps-depce7cefc4d/web
"""

import plistlib
from urllib.parse import quote

from ghapp.core.builds import BuildPage


def install_link(manifest_address: str) -> str:
    """The link that asks iOS to install what a manifest names."""
    return f"itms-services://?action=download-manifest&url={quote(manifest_address, safe='')}"


def manifest(page: BuildPage, package_address: str) -> bytes:
    """The manifest, a property list in XML: where the package is, and what it has to be."""
    build = page.build
    metadata = {
        "bundle-identifier": build.identifier,
        "bundle-version": build.version,
        "kind": "software",
        "title": build.title or build.name,
    }
    assets = [{"kind": "software-package", "url": package_address}]
    return plistlib.dumps({"items": [{"assets": assets, "metadata": metadata}]})
