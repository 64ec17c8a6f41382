"""The screens of the field app: another face of the same phone. Only here, and below, is Kivy imported."""
