//! The changes of variables in memory: the longest of the tables, and so a column a property, like the events' own.

use super::id::EventId;
use super::tables::VarRow;
use crate::probe::Var;

/// Changed variables, in the order of their events.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VarTable {
    old: Vec<i64>,
    new: Vec<i64>,
    event: Vec<EventId>,
    /// The variables as their numbers: a search for one reads an octet a change.
    var: Vec<u8>,
}

impl VarTable {
    /// How many changes.
    pub fn len(&self) -> usize {
        self.var.len()
    }

    /// True for no changes.
    pub fn is_empty(&self) -> bool {
        self.var.is_empty()
    }

    /// A change.
    #[inline]
    pub fn get(&self, row: usize) -> Option<VarRow> {
        Some(VarRow {
            old: *self.old.get(row)?,
            new: *self.new.get(row)?,
            event: *self.event.get(row)?,
            var: *Var::ALL.get(usize::from(*self.var.get(row)?))?,
        })
    }

    /// The event of a change.
    #[inline]
    pub(super) fn event(&self, row: u32) -> Option<EventId> {
        self.event.get(row as usize).copied()
    }

    /// All changes.
    pub fn iter(&self) -> impl Iterator<Item = VarRow> + '_ {
        (0..self.len()).filter_map(|row| self.get(row))
    }

    /// All changes of one variable, of whatever socket.
    pub fn of(&self, var: Var) -> impl Iterator<Item = VarRow> + '_ {
        memchr::memchr_iter(var as u8, &self.var).filter_map(|row| self.get(row))
    }

    #[inline]
    pub(super) fn push(&mut self, row: VarRow) {
        self.old.push(row.old);
        self.new.push(row.new);
        self.event.push(row.event);
        self.var.push(row.var as u8);
    }

    /// Room for so many more.
    pub(super) fn reserve(&mut self, more: usize) {
        self.old.reserve(more);
        self.new.reserve(more);
        self.event.reserve(more);
        self.var.reserve(more);
    }

    /// Octets of memory that it holds.
    pub(super) fn memory(&self) -> usize {
        (self.old.capacity() + self.new.capacity()) * size_of::<i64>()
            + self.event.capacity() * size_of::<EventId>()
            + self.var.capacity()
    }
}
