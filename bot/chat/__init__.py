"""The door to Telegram: what people ask in a chat, and the Sender of alerts. Only this folder knows Telegram.

door.py       Telegram: starts, listens, sends, stops
sender.py     one request, and what became of it by its cause
gate.py       who asks, and whether they may: in front of everything
desk.py       commands and buttons to answers
screens.py    answers to words and buttons (pure)
answers.py    answers on their way, at the pacer's pace
probing.py    whether the token and the chats of config.toml are right: ``vigie check --online``
"""

from bot.chat.door import Telegram
from bot.chat.probing import probe

__all__ = ["Telegram", "probe"]
