"""People, Apps, installations, repositories and their tokens come into the world here."""

import secrets
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path

from ghapp.playground.bare import ZERO, Bare, Files, Signature
from ghapp.playground.room import Room
from ghapp.playground.state import Actor, App, Installation, Label, Repository, Role, Token, User, UserType
from ghapp.playground.verbs import activities
from ghapp.playground.views import people, repositories
from ghapp.playground.views.commits import email_of

TOKEN_LIFE = timedelta(hours=1)
_FIRST_LABELS = {"bug": "d73a4a", "documentation": "0075ca", "enhancement": "a2eeef", "question": "d876e3"}


class TakenError(ValueError):
    """The name is in use already."""


def user(room: Room, login: str, kind: UserType = "User") -> User:
    """The user of this name; made when there is none."""
    with room.lock:
        known = room.state.user(login)
        if known is None:
            known = User(room.state.next_id(), login, kind, room.now())
            room.state.users[login.lower()] = known
        return known


def app(
    room: Room,
    slug: str,
    owner: User,
    *,
    public_key: str = "",
    permissions: Mapping[str, str] | None = None,
    events: Iterable[str] = (),
    hook_url: str | None = None,
    webhook_secret: str = "",
    app_id: int | None = None,
    client_id: str | None = None,
    client_secret: str | None = None,
    callback_urls: Iterable[str] = (),
) -> App:
    """Register an App with the PEM public key that its JWTs are checked with. A hook address gets a `ping`."""
    with room.lock:
        if any(one.slug == slug for one in room.state.apps.values()):
            raise TakenError(f"an App named {slug} is registered already")
        number = app_id or room.state.next_id()
        one = App(
            id=number,
            slug=slug,
            client_id=client_id or f"Iv23li{number:014d}",
            owner=owner,
            bot=user(room, f"{slug}[bot]", "Bot"),
            public_key=public_key,
            permissions={"metadata": "read"} | dict(permissions or {}),
            events=tuple(events),
            created_at=room.now(),
            hook_id=room.state.next_id(),
            hook_url=hook_url,
            webhook_secret=webhook_secret,
            client_secret=client_secret or secrets.token_hex(20),
            callback_urls=tuple(callback_urls),
        )
        room.state.apps[number] = one
        if hook_url is not None:
            ping(room, one)
        return one


def ping(room: Room, one: App) -> None:
    """What GitHub sends when a hook is set up."""
    hook = {
        "type": "App",
        "id": one.hook_id,
        "name": "web",
        "active": True,
        "events": list(one.events),
        "config": hook_config(one),
        "created_at": people.stamp(one.created_at),
        "updated_at": people.stamp(one.created_at),
        "app_id": one.id,
        "deliveries_url": f"{room.state.api}/app/hook/deliveries",
    }
    room.emit_to_app("ping", one, None, {"zen": "Keep it logically awesome.", "hook_id": one.hook_id, "hook": hook})


def hook_config(one: App) -> dict[str, str]:
    """The hook's settings; GitHub never shows the secret again."""
    shown = {"content_type": "json", "insecure_ssl": "0", "url": one.hook_url or ""}
    return shown | ({"secret": "********"} if one.webhook_secret else {})


def install(room: Room, one: App, account: User, only: Iterable[Repository] | None = None) -> Installation:
    """Install an App on an account: for all its repositories, or `only` some. Known installations get the new ones."""
    with room.lock:
        ids = None if only is None else {repository.id for repository in only}
        made = Installation(
            id=room.state.next_id(),
            app=one,
            account=account,
            permissions=dict(one.permissions),
            events=one.events,
            created_at=room.now(),
            repository_ids=ids,
        )
        room.state.installations[made.id] = made
        payload = _about(room, "created", made, account) | {"repositories": _covered(room, made), "requester": None}
        room.emit_to_app("installation", one, made, payload)
        return made


def uninstall(room: Room, one: Installation) -> None:
    with room.lock:
        payload = _about(room, "deleted", one, one.account) | {"repositories": _covered(room, one), "requester": None}
        del room.state.installations[one.id]
        for value in [token.value for token in room.state.tokens.values() if token.installation is one]:
            del room.state.tokens[value]
        room.emit_to_app("installation", one.app, one, payload)


def choose(room: Room, one: Installation, repository: Repository, *, chosen: bool) -> None:
    """Add a repository to, or take it from, an installation that covers selected ones."""
    with room.lock:
        if one.repository_ids is None:
            raise ValueError("this installation covers all repositories of its account")
        (one.repository_ids.add if chosen else one.repository_ids.discard)(repository.id)
        brief = [repositories.brief(repository)]
        payload = _about(room, "added" if chosen else "removed", one, one.account) | {
            "repository_selection": "selected",
            "repositories_added": brief if chosen else [],
            "repositories_removed": [] if chosen else brief,
            "requester": None,
        }
        room.emit_to_app("installation_repositories", one.app, one, payload)


def _about(room: Room, action: str, one: Installation, sender: User) -> dict[str, object]:
    state = room.state
    return {"action": action, "installation": people.installation(state, one), "sender": people.user(state, sender)}


def _covered(room: Room, one: Installation) -> list[dict[str, object]]:
    return [repositories.brief(each) for each in room.state.repositories.values() if one.covers(each)]


def personal_token(room: Room, who: User) -> Token:
    with room.lock:
        token = Token(value=f"ghp_{secrets.token_hex(18)}", user=who)
        room.state.tokens[token.value] = token
        return token


def installation_token(
    room: Room, one: Installation, permissions: Mapping[str, str], repository_ids: frozenset[int] | None
) -> Token:
    """A token for an hour, with these permissions, for these repositories (None: all that the installation covers)."""
    with room.lock:
        token = Token(
            value=f"ghs_{secrets.token_hex(18)}",
            installation=one,
            permissions={"metadata": "read"} | dict(permissions),
            repository_ids=repository_ids,
            expires_at=room.now() + TOKEN_LIFE,
        )
        room.state.tokens[token.value] = token
        return token


def repository(
    room: Room,
    full_name: str,
    files: Files | None = None,
    *,
    private: bool = False,
    description: str | None = None,
    default_branch: str = "main",
    message: str = "Start",
) -> Repository:
    """Make a repository; with files, its default branch starts with one commit of them. Raises TakenError."""
    login, _, name = full_name.partition("/")
    with room.lock:
        if room.state.repository(full_name):
            raise TakenError(f"{full_name} exists already")
        owner = user(room, login)
        made = Repository(
            id=room.state.next_id(),
            owner=owner,
            name=name,
            bare=Bare.create(room.data / "repositories" / login / f"{name}.git", default_branch),
            created_at=room.now(),
            pushed_at=room.now(),
            private=private,
            default_branch=default_branch,
            description=description,
        )
        for title, color in _FIRST_LABELS.items():
            made.labels[title] = Label(room.state.next_id(), title, color)
        if files:
            first = made.bare.commit_files(default_branch, None, files, message, signature(room, owner))
            activities.record(room, made, Actor(owner), (f"refs/heads/{default_branch}", ZERO, first))
        room.state.repositories[full_name.lower()] = made
        return made


def signature(room: Room, who: User) -> Signature:
    """How this user signs commits, now."""
    return Signature(who.login, email_of(who), room.now())


def files_of(folder: Path) -> dict[str, str | bytes | None]:
    """The files of a folder to start a repository with; git's own folder, links and caches stay behind."""
    skipped = {".git", "__pycache__"}
    found: dict[str, str | bytes | None] = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and not path.is_symlink() and not skipped.intersection(inside.parts):
            found[inside.as_posix()] = path.read_bytes()
    return found


def grant(room: Room, where: Repository, who: User, role: Role) -> None:
    """Make someone a collaborator, or change the role they have."""
    with room.lock:
        where.collaborators[who.login.lower()] = role
