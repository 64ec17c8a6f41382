"""How Alembic reaches the database: by the connection that it is handed, never by an address of its own."""

from alembic import context

from boucle_server.tables import METADATA

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_server_default=True,
    # The read tables are none of Alembic's business.
    include_name=lambda name, kind, _parents: kind != "table" or name in METADATA.tables,
)
with context.begin_transaction():
    context.run_migrations()
