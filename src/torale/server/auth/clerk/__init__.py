"""Sign-in through Clerk: tokens verified offline, users kept current.

`provider.Clerk` is what the rest of the server sees; the other files hold one part of it each.
"""
