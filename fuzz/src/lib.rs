//! What the fuzz targets check, one module a room.

pub mod framing;
pub mod packet;
