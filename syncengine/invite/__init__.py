"""`mentorsync invite`: invitations by e-mail or as files, for people without a calendar that is kept in agreement."""
