//! What the steps speak of: sockets, variables, data and addresses, by name, found or made, or refused with their place.

use std::net::SocketAddr;

use super::code::{DataVar, Payload, SocketVar, Source};
use super::compile::Compiler;
use crate::sim::error::Flaw;
use crate::sim::locate::Path;
use crate::sim::scenario::{Data, DataSpec, Step};

impl Compiler<'_> {
    pub(super) fn needs_framing(&self, path: &Path) -> Result<(), Flaw> {
        if self.scenario.framing.is_some() {
            return Ok(());
        }
        Err(Flaw::new(
            path.key("do"),
            "the scenario needs a `framing`, for example \"json-header:size\"",
            "场景需要给出 `framing`（分帧方式），例如 \"json-header:size\"",
        ))
    }

    pub(super) fn new_socket(&mut self, name: &str, path: &Path) -> Result<SocketVar, Flaw> {
        check_name(name, path)?;
        self.current = Some(name.to_owned());
        slot(&mut self.sockets, name, path).map(SocketVar)
    }

    pub(super) fn socket(&mut self, step: &Step, path: &Path) -> Result<SocketVar, Flaw> {
        let name = step.socket.clone().or_else(|| self.current.clone());
        self.socket_var(&name, path)
    }

    pub(super) fn socket_var(&mut self, name: &Option<String>, path: &Path) -> Result<SocketVar, Flaw> {
        let Some(name) = name else {
            return Err(Flaw::new(
                path.clone(),
                "there is no socket yet: a `socket` step comes first",
                "还没有套接字：先要有一个 `socket` 步骤",
            ));
        };
        match self.sockets.iter().position(|known| known == name) {
            Some(at) => Ok(SocketVar(at as u8)),
            None => Err(Flaw::new(
                path.key("socket"),
                format!(
                    "no step before this one makes a socket `{name}`; there are: {}",
                    list(&self.sockets)
                ),
                format!("前面没有步骤创建套接字 `{name}`；已有：{}", list(&self.sockets)),
            )),
        }
    }

    pub(super) fn into(&mut self, step: &Step, path: &Path) -> Result<DataVar, Flaw> {
        let name = step.into.clone().unwrap_or_else(|| "data".into());
        let path = path.key("into");
        check_name(&name, &path)?;
        self.last_data = Some(name.clone());
        slot(&mut self.vars, &name, &path).map(DataVar)
    }

    pub(super) fn var(&self, name: &str, path: &Path) -> Result<DataVar, Flaw> {
        match self.vars.iter().position(|known| known == name) {
            Some(at) => Ok(DataVar(at as u8)),
            None => Err(Flaw::new(
                path.clone(),
                format!("no step before this one receives `{name}`; there are: {}", list(&self.vars)),
                format!("前面没有步骤收到数据 `{name}`；已有：{}", list(&self.vars)),
            )),
        }
    }

    pub(super) fn data(&self, step: &Step, path: &Path) -> Result<Source, Flaw> {
        let path = path.key("data");
        let spec = match &step.data {
            None => return Ok(Source::Literal(Payload::new(&[]))),
            Some(Data::Text(text)) => return Ok(Source::Literal(Payload::new(text.as_bytes()))),
            Some(Data::Spec(spec)) => spec,
        };
        let times = spec.times.unwrap_or(1);
        let mut bytes = match spec {
            DataSpec { text: Some(text), hex: None, var: None, .. } => text.as_bytes().to_vec(),
            DataSpec { text: None, hex: Some(hex), var: None, .. } => unhex(hex).ok_or_else(|| {
                Flaw::new(
                    path.key("hex"),
                    "allowed: pairs of hexadecimal digits, for example \"e4 b8 ad\"",
                    "应为成对的十六进制数字，例如 \"e4 b8 ad\"",
                )
            })?,
            DataSpec { text: None, hex: None, var: Some(name), .. } => {
                let var = self.var(name, &path.key("var"))?;
                return Ok(Source::Var { var, times, upper: spec.upper });
            }
            _ => {
                return Err(Flaw::new(
                    path,
                    "exactly one of `text`, `hex` and `var` says what is sent",
                    "`text`、`hex`、`var` 必须且只能给出一个",
                ));
            }
        };
        if spec.upper {
            bytes.make_ascii_uppercase();
        }
        if times > 1 && bytes.is_empty() {
            return Err(Flaw::new(path, "nothing cannot be repeated", "空内容不能重复"));
        }
        Ok(Source::Literal(Payload::repeat(&bytes, times)))
    }

    pub(super) fn address(&self, step: &Step, path: &Path) -> Result<SocketAddr, Flaw> {
        let to = step.to.as_deref().unwrap_or_default();
        let path = path.key("to");
        if let Ok(address) = to.parse::<SocketAddr>() {
            return Ok(address);
        }
        let parts = to.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)));
        let Some((name, port)) = parts.filter(|(_, port)| *port > 0) else {
            return Err(Flaw::new(
                path,
                "allowed: host and port, for example \"server:8000\"",
                "应为主机和端口，例如 \"server:8000\"",
            ));
        };
        let hosts = &self.scenario.hosts;
        match hosts.iter().position(|host| host.name == name).and_then(|at| self.addresses.get(at)) {
            Some(&ip) => Ok(SocketAddr::new(ip, port)),
            None => {
                let names: Vec<String> = hosts.iter().map(|host| host.name.clone()).collect();
                Err(Flaw::new(
                    path,
                    format!("there is no host `{name}`; there are: {}", list(&names)),
                    format!("没有主机 `{name}`；已有：{}", list(&names)),
                ))
            }
        }
    }
}

/// Names become Python variables.
pub(super) fn check_name(name: &str, path: &Path) -> Result<(), Flaw> {
    let fine = name.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if fine {
        return Ok(());
    }
    Err(Flaw::new(
        path.clone(),
        format!("`{name}` is no name: letters, digits and _ are allowed, a letter first"),
        format!("`{name}` 不能作名字：只能用字母、数字和 _，并以字母开头"),
    ))
}

/// The number of `name`, a new one where it is new.
pub(super) fn slot(names: &mut Vec<String>, name: &str, path: &Path) -> Result<u8, Flaw> {
    if let Some(at) = names.iter().position(|known| known == name) {
        return Ok(at as u8);
    }
    if names.len() >= 64 {
        return Err(Flaw::new(path.clone(), "more than 64 names", "名字超过 64 个"));
    }
    names.push(name.to_owned());
    Ok(names.len() as u8 - 1)
}

pub(super) fn list(names: &[String]) -> String {
    if names.is_empty() { "–".into() } else { names.join(", ") }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().filter(|c| !c.is_ascii_whitespace()).map(|c| c.to_digit(16).map(|d| d as u8)).collect();
    let digits = digits?;
    digits.len().is_multiple_of(2).then(|| digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}
