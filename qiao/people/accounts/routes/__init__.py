"""HTTP doors of accounts: one's own account, people, roles, the audit log."""

from qiao.people.accounts.routes import audit, auth, roles, users

routers = [auth.router, users.router, roles.router, audit.router]
