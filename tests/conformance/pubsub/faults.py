"""One-line faults that the suite has to notice when they are put into the emulator."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """A place in the emulator, and what it is made to say instead.

    Attributes:
        name: what is wrong then.
        file: in local/pubsub.
        old: a text that occurs once in the file.
        new: what stands there instead.
        first: the tests that are tried first, to save time.
    """

    name: str
    file: str
    old: str
    new: str
    first: str


FAULTS = [
    Fault(
        "a token needs no expiry",
        "tokens.py",
        'options={"require": ["exp", "aud"], "verify_aud": False}',
        'options={"require": ["aud"], "verify_aud": False}',
        "tokens",
    ),
    Fault("clocks must not differ", "tokens.py", "SKEW_SECONDS = 300", "SKEW_SECONDS = 0", "tokens"),
    Fault("clocks may differ by a day", "tokens.py", "SKEW_SECONDS = 300", "SKEW_SECONDS = 86400", "tokens"),
    Fault(
        "a token is for any path",
        "tokens.py",
        "audience.path == path and (not needed",
        "True and (not needed",
        "tokens",
    ),
    Fault(
        "a token is for any server",
        "tokens.py",
        "return named == asked or named in self._hosts",
        "return True",
        "tokens",
    ),
    Fault(
        "the audience's letter case counts",
        "tokens.py",
        'unquote(parts.path).rstrip("/").lower()',
        'unquote(parts.path).rstrip("/")',
        "tokens",
    ),
    Fault(
        "any token leads back to a connection",
        "tokens.py",
        'options={"require": ["exp", "aud"]},',
        'options={"require": ["exp", "aud"], "verify_aud": False},',
        "recovery",
    ),
    Fault(
        "REST calls need no good token",
        "rest.py",
        "        self._tokens.claims_of_call(token.strip(), request.host, path)\n",
        "",
        "rest",
    ),
    Fault(
        "the body may be of any size", "rest.py", "        if len(content) > MOST_BYTES:", "        if False:", "limits"
    ),
    Fault(
        "names are decoded twice",
        "rest.py",
        "tuple(unquote(s) for s, part",
        "tuple(unquote(unquote(s)) for s, part",
        "rest",
    ),
    Fault("hubs' letter case counts", "names.py", "    return name.lower()", "    return name", "rest"),
    Fault("a hub may have any name", "names.py", "if not HUB.fullmatch(name):", "if not name:", "tokens"),
    Fault("a group's name may have any length", "names.py", " or len(name) > GROUP_LENGTH", "", "limits"),
    Fault("excluded connections get it too", "hub.py", "if session.id not in excluded and (", "if (", "rest"),
    Fault("filters choose nobody out", "hub.py", "(chosen is None or chosen(session))", "True", "filters"),
    Fault(
        "users' letter case is no matter",
        "hub.py",
        "self._users.get(user, {})",
        "self._users.get(user.lower(), {})",
        "rest",
    ),
    Fault(
        "groups' letter case is no matter",
        "hub.py",
        "self._groups.setdefault(group, {})[session.id]",
        "self._groups.setdefault(group.lower(), {})[session.id]",
        "groups",
    ),
    Fault(
        "who is gone stays in groups",
        "hub.py",
        "        for group in list(session.groups):\n            self.leave(session, group)\n",
        "",
        "groups",
    ),
    Fault(
        "a closed connection is kept",
        "hub.py",
        "            self.end(session, reason)\n            session.tell",
        "            session.tell",
        "closing",
    ),
    Fault(
        "nobody is told why it is closed",
        "hub.py",
        '            session.tell({"type": "system", "event": "disconnected", "message": reason})\n',
        "",
        "closing",
    ),
    Fault(
        "a lost connection is kept for ever",
        "hub.py",
        "self._timers[session.id] = loop.call_later(self._retention, self.end, session, reason)",
        "pass",
        "recovery",
    ),
    Fault(
        "a connection that came back is forgotten",
        "hub.py",
        "            timer.cancel()",
        "            pass",
        "recovery",
    ),
    Fault(
        "a lost connection is forgotten at once",
        "entrance.py",
        "if clean or not session.reliable:",
        "if True:",
        "recovery",
    ),
    Fault(
        "a clean end is not final",
        "entrance.py",
        "            return frame.data in CLEAN",
        "            return False",
        "recovery",
    ),
    Fault(
        "anybody may come back as anybody",
        "entrance.py",
        "self._tokens.allows_return(token, connection_id)",
        "bool(token)",
        "recovery",
    ),
    Fault(
        "a refused recovery is no policy violation",
        "entrance.py",
        "response.close(code=WSCloseCode.POLICY_VIOLATION,",
        "response.close(code=WSCloseCode.OK,",
        "recovery",
    ),
    Fault("a frame may have any size", "entrance.py", "max_msg_size=FRAME_LIMIT,", "max_msg_size=0,", "limits"),
    Fault(
        "an old socket takes its successor along",
        "session.py",
        "if generation != self._generation:",
        "if False:",
        "recovery",
    ),
    Fault(
        "an old socket is left open", "session.py", "            self.socket.abort()", "            pass", "recovery"
    ),
    Fault(
        "no reconnection token after a recovery",
        "entrance.py",
        "self._tokens.return_token(session.id) if session.reliable else None",
        "self._tokens.return_token(session.id) if session.reliable and not session._generation else None",
        "recovery",
    ),
    Fault(
        "nothing is sent again",
        "session.py",
        "            for frame in self._backlog.frames():",
        "            for frame in ():",
        "recovery",
    ),
    Fault(
        "what comes again has no end",
        "backlog.py",
        "while entries and entries[0][0] <= number:",
        "while False:",
        "recovery",
    ),
    Fault(
        "one message too few is acknowledged",
        "backlog.py",
        "entries[0][0] <= number",
        "entries[0][0] < number",
        "recovery",
    ),
    Fault(
        "numbers count from 0",
        "session.py",
        "            backlog.number += 1\n            frame = message.numbered_frame(backlog.number)",
        "            frame = message.numbered_frame(backlog.number)\n            backlog.number += 1",
        "messages",
    ),
    Fault("the queue has no end", "backlog.py", "return len(self._entries) > MOST_MESSAGES or", "return", "recovery"),
    Fault(
        "the queue ends one too early",
        "backlog.py",
        "len(self._entries) > MOST_MESSAGES",
        "len(self._entries) >= MOST_MESSAGES",
        "recovery",
    ),
    Fault("late messages are delivered", "backlog.py", " if expires_at > now)", ")", "recovery"),
    Fault(
        "ack ids are not remembered",
        "client.py",
        "                self._session.remember(ack_id)",
        "                pass",
        "messages",
    ),
    Fault(
        "failed ack ids are remembered",
        "client.py",
        "        except Failed as failure:\n",
        "        except Failed as failure:\n            self._session.remember(ack_id or 0)\n",
        "messages",
    ),
    Fault(
        "frames without an ack id are answered",
        "client.py",
        "        if ack_id is None:\n            return",
        "        ack_id = ack_id or 0",
        "messages",
    ),
    Fault("the sender hears its own message", "client.py", "(self._session.id,) if no_echo else ()", "()", "groups"),
    Fault(
        "nobody hears its own message",
        "client.py",
        "(self._session.id,) if no_echo else ()",
        "(self._session.id,)",
        "groups",
    ),
    Fault(
        "everybody may publish",
        "client.py",
        "group = self._permitted(SEND, frame)",
        'group = check_group(frame.get("group"))',
        "permissions",
    ),
    Fault(
        "leaving needs no role",
        "client.py",
        "self._hub.leave(self._session, self._permitted(JOIN, frame))",
        'self._hub.leave(self._session, check_group(frame.get("group")))',
        "permissions",
    ),
    Fault(
        "pings are not answered",
        "client.py",
        '            self._session.tell({"type": "pong"})',
        "            pass",
        "messages",
    ),
    Fault(
        "malformed frames are read over",
        "client.py",
        "                self._hub.close(session, str(fault), WSCloseCode.INVALID_TEXT)",
        "                str(fault)",
        "messages",
    ),
    Fault(
        "events of a connection overtake each other",
        "client.py",
        "            async with self._session.turn:\n",
        "            if True:\n",
        "upstream",
    ),
    Fault(
        "a group's role is one for all groups",
        "roles.py",
        "if word in self._rights and not dot:",
        "if word in self._rights:",
        "permissions",
    ),
    Fault(
        "a revocation does not beat a role",
        "roles.py",
        "        if group in self._denied:\n            return False\n",
        "",
        "permissions",
    ),
    Fault("a granted name stays denied", "roles.py", "        self._denied.discard(group)\n", "", "permissions"),
    Fault("a pattern's star takes dots", "roles.py", '"*": r"[^.]*"', '"*": r".*"', "permissions"),
    Fault(
        "published messages have no sender",
        "message.py",
        "        if self._user is not None:",
        "        if False:",
        "messages",
    ),
    Fault("text is sent as JSON", "message.py", '"text/plain": TEXT', '"text/plain": JSON', "rest"),
    Fault(
        "bytes for simple clients are text",
        "message.py",
        "frame = text_frame if self.payload.kind in {TEXT, JSON} else binary_frame",
        "frame = text_frame",
        "simple",
    ),
    Fault("frames have wrong lengths", "frames.py", "SHORT = 126", "SHORT = 127", "limits"),
    Fault("sends are answered 200", "sending.py", "SENT = Answer(202)", "SENT = Answer(200)", "rest"),
    Fault("putting into a group is answered 204", "membership.py", "DONE = Answer(200)", "DONE = Answer(204)", "rest"),
    Fault("pages begin again", "membership.py", "if s.id > after)", ")", "rest"),
    Fault(
        "top is forgotten on the next page",
        "membership.py",
        '        query["top"] = remaining\n',
        "        pass\n",
        "rest",
    ),
    Fault(
        "users are closed without exception",
        "connections.py",
        "if session.id not in call.excluded:",
        "if True:",
        "closing",
    ),
    Fault(
        "and binds like or",
        "odata.py",
        "            term = _both(term, self._comparison())",
        "            term = _either(term, self._comparison())",
        "filters",
    ),
    Fault(
        "not does nothing",
        "odata.py",
        "lambda connection: not term.read(connection)",
        "lambda connection: term.read(connection)",
        "filters",
    ),
    Fault(
        "the signature is not the key's",
        "events.py",
        "hmac.new(key, connection_id.encode()",
        "hmac.new(key[1:], connection_id.encode()",
        "upstream",
    ),
    Fault(
        "handlers see the access token",
        "handshake.py",
        'SECRETS = {"access_token"}',
        'SECRETS = {"nothing"}',
        "upstream",
    ),
    Fault(
        "a handler cannot take roles away",
        "handshake.py",
        "roles=identity.roles if decision.roles is None else decision.roles",
        "roles=decision.roles or identity.roles",
        "upstream",
    ),
    Fault(
        "a handler's refusal is always 500",
        "upstream.py",
        "raise Refusal(failure.status or 500,",
        "raise Refusal(500,",
        "upstream",
    ),
    Fault(
        "handlers are not asked for consent",
        "webhook.py",
        "        if address in self._validated:\n            return\n",
        "        if address:\n            return\n",
        "upstream",
    ),
    Fault(
        "consent of anybody will do",
        "webhook.py",
        "        if not wanted & {",
        "        if False and not wanted & {",
        "upstream",
    ),
    Fault(
        "failed events are not delivered again",
        "webhook.py",
        "status is None or status in REPEATED or status >= SERVER_ERROR",
        "False",
        "upstream",
    ),
    Fault(
        "refused events are delivered again",
        "webhook.py",
        "if delay is None or not _is_passing(failure.status):",
        "if delay is None:",
        "upstream",
    ),
    Fault(
        "nobody is told that a client went",
        "upstream.py",
        '            self._tell(about, Event.of_system("disconnected", {"reason": reason}))',
        "            pass",
        "upstream",
    ),
    Fault(
        "state is forgotten", "upstream.py", "                about.state = value", "                pass", "upstream"
    ),
]
