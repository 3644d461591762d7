//! The bench's workloads without a JavaScript engine: what the machine can do, as a floor for all others.
//!
//!     native <cpu|proj|ident|group> <input> <output> <threads>
//!
//! Each thread takes an equal part of the file, parses its lines with sonic-rs (SIMD), and prints into memory; the parts are
//! written at their places.
use std::collections::HashMap;
use std::env;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::thread;

#[derive(serde::Deserialize)]
struct Scored {
    id: u64,
    score: f64,
}

#[derive(serde::Deserialize)]
struct Grouped<'a> {
    id: u64,
    #[serde(borrow)]
    group: &'a str,
}

const PRIME: i32 = 0x0100_0193;
const ROUNDS: usize = 1_400;
const READ_BYTES: u64 = 1024 * 1024;

fn main() -> std::io::Result<()> {
    let args: Vec<String> = env::args().collect();
    let [_, workload, input, output, threads] = args.as_slice() else {
        panic!("native <workload> <input> <output> <threads>")
    };
    let file = File::open(input)?;
    let threads: u64 = threads.parse().expect("a number of threads");
    let size = file.metadata()?.len();
    let borders: Vec<u64> = (0..=threads).map(|i| line_start(&file, size * i / threads, size)).collect();
    let parts: Vec<(u64, u64)> = borders.windows(2).map(|pair| (pair[0], pair[1])).collect();
    if workload == "group" {
        return group(&file, &parts, output);
    }
    let map: fn(&[u8], &mut Vec<u8>) = match workload.as_str() {
        "cpu" => cpu,
        "proj" => proj,
        "ident" => ident,
        other => panic!("there is no workload {other}"),
    };
    let printed: Vec<Vec<u8>> = in_threads(&parts, |from, to| {
        let mut out = Vec::new();
        each_line(&file, from, to, |line| map(line, &mut out));
        out
    });
    let target = File::create(output)?;
    let mut at = 0;
    for part in &printed {
        target.write_all_at(part, at)?;
        at += part.len() as u64;
    }
    Ok(())
}

fn in_threads<T: Send>(parts: &[(u64, u64)], work: impl Fn(u64, u64) -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let running: Vec<_> = parts.iter().map(|&(from, to)| scope.spawn({
            let work = &work;
            move || work(from, to)
        })).collect();
        running.into_iter().map(|one| one.join().expect("a thread")).collect()
    })
}

/** Where the first line begins at or behind a position. */
fn line_start(file: &File, at: u64, size: u64) -> u64 {
    if at == 0 || at >= size {
        return at.min(size);
    }
    let mut bytes = vec![0; 64 * 1024];
    let read = file.read_at(&mut bytes, at - 1).expect("the input");
    let end = bytes[..read].iter().position(|&byte| byte == b'\n').expect("a line end");
    at + end as u64
}

fn each_line(file: &File, from: u64, to: u64, mut work: impl FnMut(&[u8])) {
    let mut bytes = vec![0; READ_BYTES as usize];
    let mut at = from;
    while at < to {
        let wanted = (to - at).min(READ_BYTES) as usize;
        file.read_exact_at(&mut bytes[..wanted], at).expect("the input");
        let end = bytes[..wanted].iter().rposition(|&byte| byte == b'\n').map_or(wanted, |end| end + 1);
        for line in bytes[..end].split_inclusive(|&byte| byte == b'\n') {
            work(line.strip_suffix(b"\n").unwrap_or(line));
        }
        at += end as u64;
    }
}

fn proj(line: &[u8], out: &mut Vec<u8>) {
    let Scored { id, score } = sonic_rs::from_slice(line).expect("JSON");
    out.extend_from_slice(b"{\"id\":");
    out.extend_from_slice(itoa::Buffer::new().format(id).as_bytes());
    out.extend_from_slice(b",\"score\":");
    out.extend_from_slice(ryu_js::Buffer::new().format(score).as_bytes());
    out.extend_from_slice(b"}\n");
}

fn ident(line: &[u8], out: &mut Vec<u8>) {
    let value: sonic_rs::Value = sonic_rs::from_slice(line).expect("JSON");
    sonic_rs::to_writer(&mut *out, &value).expect("memory");
    out.push(b'\n');
}

/** As in ../../workloads.mjs. */
fn cpu(line: &[u8], out: &mut Vec<u8>) {
    let Scored { id, score } = sonic_rs::from_slice(line).expect("JSON");
    let score = (score * 1e4 + 0.5).floor() as i64 as i32;
    let mut hash = 0x811c_9dc5_u32 as i32;
    for _ in 0..ROUNDS {
        hash = (hash ^ id as i32).wrapping_mul(PRIME);
        hash = (hash ^ score).wrapping_mul(PRIME);
    }
    out.extend_from_slice(b"{\"id\":");
    out.extend_from_slice(itoa::Buffer::new().format(id).as_bytes());
    out.extend_from_slice(b",\"hash\":");
    out.extend_from_slice(itoa::Buffer::new().format(hash as u32).as_bytes());
    out.extend_from_slice(b"}\n");
}

fn group(file: &File, parts: &[(u64, u64)], output: &str) -> std::io::Result<()> {
    let tables = in_threads(parts, |from, to| {
        let mut sums: HashMap<String, u64> = HashMap::new();
        each_line(file, from, to, |line| {
            let Grouped { id, group } = sonic_rs::from_slice(line).expect("JSON");
            match sums.get_mut(group) {
                Some(sum) => *sum += id,
                None => {
                    sums.insert(group.to_owned(), id);
                }
            }
        });
        sums
    });
    let mut all: HashMap<String, u64> = HashMap::new();
    for (group, sum) in tables.into_iter().flatten() {
        *all.entry(group).or_default() += sum;
    }
    let mut sums: Vec<_> = all.into_iter().collect();
    sums.sort();
    let lines: Vec<String> = sums.iter().map(|(key, sum)| format!("{{\"key\":\"{key}\",\"value\":{sum}}}\n")).collect();
    std::fs::write(output, lines.concat())
}
