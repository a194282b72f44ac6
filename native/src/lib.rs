//! framewire on real sockets. The binary `framewire` is a thin shell over this library.
