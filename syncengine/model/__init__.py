"""The canonical model: values, field types, kinds, records, templates."""
