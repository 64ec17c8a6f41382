"""The pages for people: HTML made on the server, whole without any script.

How to add a page:

1. **Place.** Add a `Place` to `places.py`: its key, its path (short and French) and the capabilities of which any one
   lets a person see it. Its name is the text `web.page_<key>`. That table is the only one that says which role sees
   what; the menu, the permission of the route and the tests read it.
2. **Route.** In a module of its own: `router = pages_router()`, then `@router.get(X.path)` with a parameter
   `visit: Annotated[Visit, Depends(visits(X))]`. `visit` holds the person, the language, the query and the database.
   Name the module in `boucle_server.app.ROUTERS`.
3. **Form.** A form posts to `@router.post(path)` with `posted: Annotated[Posted, Depends(posts(X))]`: the reading of
   the body, the check of its origin and of its token, and what was typed when the session ended meanwhile, are
   done there.
   After a change answer `redirect(path, done="web.x_done")`, which shows that text once on the next page. Every form in
   a template begins with `{{ form.token(visit) }}`.
4. **Template.** `{% extends "base.html" %}`, blocks `title` and `main`; build it of the macros in `templates/parts/`.
   Texts by `t("key", n=…)`. No `style=`, no script (the scan
   station and the form of an import alone have one, and are whole without it), no colour
   that is not a variable of `static/boucle.css`.
5. **Words.** Keys `web.<page>_<what>` in both catalogues; whatever is wrong says what happened, what was kept and what
   to do. Raise `InvalidInputError("web.…")` and the like: the route answers with a page that says it.
6. **Test.** In `tests/web/`: `serving`, `signed_in(served, Role.X)` and `Page` take a page apart. `test_rights.py`
   walks every route and role by itself.
"""
