"""What released versions wrote: later versions must still read it."""
