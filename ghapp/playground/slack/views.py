"""Slack's JSON of what is true: users, channels, messages and files, as the Web API and the events show them."""

from ghapp.playground.slack.state import Channel, File, Json, Message, SlackApp, State, User

_KINDS = {"channel": "is_channel", "group": "is_group", "im": "is_im"}


def user(state: State, app: SlackApp, one: User) -> Json:
    """https://docs.slack.dev/reference/objects/user-object"""
    shown: Json = {
        "id": one.id,
        "team_id": one.team.id,
        "name": one.handle,
        "deleted": one.deleted,
        "profile": {"real_name": one.name, "display_name": one.name, "team": one.team.id},
        "is_bot": one.is_bot,
        "updated": 1,
        "is_app_user": False,
    }
    if one.is_bot:
        shown["profile"] |= {"bot_id": one.bot_id, "api_app_id": app.id if one is app.bot else "A0OTHER"}
    if one.team is not state.home:
        return shown | {"is_stranger": True}
    if one.deleted:
        return shown
    more = {"is_admin": False, "is_owner": False, "is_primary_owner": False, "is_email_confirmed": True}
    guest = {"is_restricted": bool(one.guest), "is_ultra_restricted": one.guest == "ultra_restricted"}
    return shown | more | guest | {"real_name": one.name, "tz": "Europe/Berlin", "tz_offset": 3600}


def channel(state: State, app: SlackApp, one: Channel) -> Json:
    """https://docs.slack.dev/reference/objects/conversation-object"""
    shown: Json = {"id": one.id, **{name: kind == one.kind for kind, name in _KINDS.items()}}
    shown |= {"is_archived": one.archived, "created": 1, "is_mpim": False, "context_team_id": state.home.id}
    if one.kind == "im":
        return shown | {"user": next(each.id for each in one.members if each is not app.bot), "is_open": True}
    outside = any(each.team is not state.home for each in one.members)
    return shown | {
        "name": one.name,
        "name_normalized": one.name,
        "is_general": False,
        "is_private": one.kind == "group",
        "is_member": app.bot in one.members,
        "is_ext_shared": outside,
        "is_shared": outside,
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }


def file(state: State, one: File) -> Json:
    """https://docs.slack.dev/reference/objects/file-object"""
    path = f"{state.base_url}/files-pri/{state.home.id}-{one.id}"
    return {
        "id": one.id,
        "created": 1,
        "timestamp": 1,
        "name": one.name,
        "title": one.title or one.name,
        "mimetype": "" if one.looks else one.mimetype,
        "filetype": "" if one.looks else one.name.rpartition(".")[2],
        "user": one.owner.id,
        "user_team": one.owner.team.id,
        "mode": "hosted",
        "is_external": False,
        "is_public": any(each.kind == "channel" for each in one.shared),
        "size": one.size,
        "alt_txt": one.alt,
        "url_private": f"{path}/{one.name}",
        "url_private_download": f"{path}/download/{one.name}",
        "permalink": f"{state.base_url}/files/{one.owner.id}/{one.id}/{one.name}",
        "channels": [each.id for each in one.shared if each.kind == "channel"],
        "groups": [each.id for each in one.shared if each.kind == "group"],
        "ims": [each.id for each in one.shared if each.kind == "im"],
    }


def message(state: State, app: SlackApp, one: Message, *, metadata: bool = False) -> Json:
    """A message as one of its channel may see it: https://docs.slack.dev/reference/events/message"""
    shown: Json = {"type": "message", "ts": one.ts, "text": one.text, "team": one.user.team.id}
    if one.fields.get("subtype") != "bot_message":
        shown["user"] = one.user.id
    if one.user.is_bot:
        shown |= {"bot_id": one.user.bot_id, "app_id": app.id if one.user is app.bot else "A0OTHER"}
    if one.blocks:
        shown["blocks"] = one.blocks
    if one.user.team is not state.home:
        shown |= {"user_team": one.user.team.id, "source_team": one.user.team.id}
    if one.files:
        shown |= {"files": [file(state, each) for each in one.files], "upload": False}
    if one.edited_ts:
        shown["edited"] = {"user": (one.edited_by or one.user).id, "ts": one.edited_ts}
    if one.reactions:
        rows = one.reactions.items()
        shown["reactions"] = [{"name": n, "users": [u.id for u in us], "count": len(us)} for n, us in rows]
    if metadata and one.metadata:
        shown["metadata"] = one.metadata
    return shown | _thread(one) | one.fields


def _thread(one: Message) -> Json:
    """What a message says of its thread: a reply names the first message, which counts its replies."""
    if one.thread_ts:
        root = one.channel.messages.get(one.thread_ts)
        return {"thread_ts": one.thread_ts} | ({"parent_user_id": root.user.id} if root else {})
    replies = [each for each in one.channel.messages.values() if each.thread_ts == one.ts]
    if not replies:
        return {}
    users = list(dict.fromkeys(each.user.id for each in replies))
    return {
        "thread_ts": one.ts,
        "reply_count": len(replies),
        "reply_users": users,
        "reply_users_count": len(users),
        "latest_reply": replies[-1].ts,
    }
