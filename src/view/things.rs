//! The many things of a figure: of a long trace each is made, with those around it, where somebody looks.

use std::cell::OnceCell;
use std::fmt;
use std::ops::{Deref, DerefMut, Index, IndexMut};
use std::sync::Arc;

use crate::view::figure::Place;
use crate::view::from_trace::Rows;

/// So many things are made together.
const BLOCK: usize = 64;

/// A thing that may be made from a trace's rows.
pub trait Made: Sized {
    /// What those who look at all things need to know of each.
    type Brief;
    /// Makes the `i`th.
    fn make(rows: &Rows, i: usize) -> Option<Self>;
    /// The same in brief.
    fn brief_of(rows: &Rows, i: usize) -> Option<Self::Brief>;
    /// Only the events at which it begins, and ends.
    fn events_of(rows: &Rows, i: usize) -> Option<[Option<u32>; 2]>;
    /// Only its place in a stream.
    fn place_of(rows: &Rows, i: usize) -> Option<Place>;
    /// What is to be known of this one in brief.
    fn brief(&self) -> Self::Brief;
    /// The events at which this one begins, and ends.
    fn events(&self) -> [Option<u32>; 2];
    /// Its place in a stream.
    fn place(&self) -> Option<Place>;
}

/// Things in their order. Whoever takes them for a list ([`Deref`]) has all of them made; `get`, an index, `brief` and `place` do not.
#[derive(Clone)]
pub struct Things<T> {
    /// All of them, where they have been made or were never anything else.
    all: OnceCell<Vec<T>>,
    blocks: Vec<OnceCell<Vec<T>>>,
    rows: Option<Arc<Rows>>,
    len: usize,
}

impl<T: Made> Things<T> {
    /// So many, to be made from these rows.
    pub(crate) fn of(rows: &Arc<Rows>, len: usize) -> Things<T> {
        let blocks = std::iter::repeat_with(OnceCell::new).take(len.div_ceil(BLOCK)).collect();
        Things { all: OnceCell::new(), blocks, rows: Some(rows.clone()), len }
    }

    /// All of them, if they have been made.
    pub(crate) fn made(&self) -> Option<&Vec<T>> {
        self.all.get()
    }

    /// What they are made from.
    pub(crate) fn rows(&self) -> Option<&Arc<Rows>> {
        self.rows.as_ref()
    }

    fn some(&self, from: usize, to: usize) -> Vec<T> {
        let mut made = Vec::with_capacity(to - from);
        for i in from..to.min(self.len) {
            if let Some(thing) = self.rows.as_ref().and_then(|rows| T::make(rows, i)) {
                made.push(thing);
            }
        }
        made
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.all.get().map_or(self.len, Vec::len)
    }

    /// True for none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The `i`th.
    pub fn get(&self, i: usize) -> Option<&T> {
        if let Some(all) = self.all.get() {
            return all.get(i);
        }
        let from = i / BLOCK * BLOCK;
        let block = self.blocks.get(i / BLOCK)?;
        block.get_or_init(|| self.some(from, from + BLOCK)).get(i - from)
    }

    /// The `i`th in brief. Where it is asked in place, what nobody looks at of it is not read.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub fn brief(&self, i: usize) -> Option<T::Brief> {
        match self.all.get() {
            Some(all) => all.get(i).map(T::brief),
            None => T::brief_of(self.rows.as_ref()?, i),
        }
    }

    /// The events at which the `i`th begins, and ends.
    #[cfg_attr(not(target_arch = "wasm32"), inline)]
    pub(crate) fn events(&self, i: usize) -> Option<[Option<u32>; 2]> {
        match self.all.get() {
            Some(all) => all.get(i).map(T::events),
            None => T::events_of(self.rows.as_ref()?, i),
        }
    }

    /// The place of the `i`th in a stream.
    #[cfg_attr(not(target_arch = "wasm32"), inline)]
    pub fn place(&self, i: usize) -> Option<Place> {
        match self.all.get() {
            Some(all) => all.get(i)?.place(),
            None => T::place_of(self.rows.as_ref()?, i),
        }
    }
}

impl<T> Default for Things<T> {
    fn default() -> Things<T> {
        Things::from(Vec::new())
    }
}

impl<T> From<Vec<T>> for Things<T> {
    fn from(all: Vec<T>) -> Things<T> {
        Things { all: OnceCell::from(all), blocks: Vec::new(), rows: None, len: 0 }
    }
}

impl<T> FromIterator<T> for Things<T> {
    fn from_iter<I: IntoIterator<Item = T>>(things: I) -> Things<T> {
        Things::from(Vec::from_iter(things))
    }
}

impl<T: Made> Deref for Things<T> {
    type Target = Vec<T>;

    fn deref(&self) -> &Vec<T> {
        self.all.get_or_init(|| self.some(0, self.len))
    }
}

impl<T: Made> DerefMut for Things<T> {
    fn deref_mut(&mut self) -> &mut Vec<T> {
        let _ = self.deref();
        self.all.get_mut().expect("all of them have been made")
    }
}

impl<T: Made> Index<usize> for Things<T> {
    type Output = T;

    fn index(&self, i: usize) -> &T {
        self.get(i).expect("there is such a thing")
    }
}

impl<T: Made> IndexMut<usize> for Things<T> {
    fn index_mut(&mut self, i: usize) -> &mut T {
        &mut self.deref_mut()[i]
    }
}

impl<'a, T: Made> IntoIterator for &'a Things<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, T: Made> IntoIterator for &'a mut Things<T> {
    type Item = &'a mut T;
    type IntoIter = std::slice::IterMut<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

impl<T: Made + PartialEq> PartialEq for Things<T> {
    fn eq(&self, other: &Things<T>) -> bool {
        self.deref() == other.deref()
    }
}

impl<T: Made + fmt::Debug> fmt::Debug for Things<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.deref().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{BUILTINS, Run, builtin};
    use crate::view::session::Session;

    /// One by one, in brief, and all at once.
    fn agree<T: Made + Clone + PartialEq + fmt::Debug>(things: &Things<T>)
    where
        T::Brief: PartialEq + fmt::Debug,
    {
        let all = things.deref().clone();
        // Of the others nothing has been made yet.
        let rows = things.rows().expect("they come from a trace");
        let (one, brief) = (Things::<T>::of(rows, all.len()), Things::<T>::of(rows, all.len()));
        for (i, thing) in all.iter().enumerate().rev() {
            assert_eq!(one.get(i), Some(thing));
            assert_eq!(brief.brief(i), Some(thing.brief()));
            assert_eq!(brief.events(i), Some(thing.events()));
            assert_eq!(brief.place(i), thing.place());
        }
        assert!(one.get(all.len()).is_none() && brief.brief(all.len()).is_none());
        assert!(one.made().is_none() && brief.made().is_none());
    }

    #[test]
    fn things_are_the_same_however_they_are_asked_for() {
        for entry in BUILTINS {
            let run = Run::new(&builtin(entry.name).unwrap(), &[]).unwrap();
            let session = Session::new(run.shared_trace());
            agree(&session.figure().flights);
            agree(&session.figure().calls);
        }
    }
}
