"""Which file of an archive is meant."""

from collections.abc import Sequence

from ghapp.builds.directory import Member
from ghapp.core.builds import fits
from ghapp.core.errors import UserError
from ghapp.core.messages import shelf


def chosen(files: Sequence[Member], wanted: str) -> Member:
    """The one file whose name fits; `*` is any text, and letter case is ignored.

    A pattern that fits none was the name of the archive itself: then it is its only file, or else its only package,
    as Gradle puts a list beside it. UserError, with the names, when that is not one.
    """
    if not files:
        raise UserError(shelf.empty_archive())
    fitting = [member for member in files if fits(wanted, member.base)]
    if len(fitting) > 1:
        raise UserError(shelf.which(wanted, [member.name for member in fitting]))
    if fitting or len(files) == 1:
        return (fitting or files)[0]
    packages = [member for member in files if member.base.casefold().endswith((".apk", ".ipa"))]
    if len(packages) != 1:
        raise UserError(shelf.fits_none(wanted, [member.name for member in files]))
    return packages[0]
