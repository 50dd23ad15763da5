# Copyright (c) The neursafe.fl maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be wrong with a database server, each with the option that it is about."""

from __future__ import annotations

from ansible_collections.neursafe.fl.plugins.module_utils._option_error import OptionError


class DatabaseError(OptionError):
    """The server cannot be reached, refuses, or fails; the text says what to do about it."""


class WrongPasswordError(DatabaseError):
    """The server refuses the account."""

    option = "login_password"


class NoDatabaseError(DatabaseError):
    """There is no database of that name."""

    option = "database"


class AddressError(DatabaseError):
    """The server's address leads nowhere, or to something else."""

    option = "login_host"


class UnreachableError(AddressError):
    """Nothing answers, or not yet."""


class TlsError(DatabaseError):
    """There is a server, but no trusting it."""

    option = "sslmode"


class NotInstalledError(UnreachableError):
    """The host has no server, or no library to ask it with."""

    option = "login_user"
