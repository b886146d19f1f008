"""Vigie: the lookout. Decides which posts matter, remembers them, and tells the chats that follow."""
