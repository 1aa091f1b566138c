// Answers each line of the standard input with a label, a tab and its score. See docs/c.md.
//     rustc -O -L PREFIX/lib -l static=tallygate classify.rs && ./classify IMAGE < lines
use std::ffi::CStr;
use std::io::{self, BufRead, Read};
use std::os::raw::{c_char, c_void};
use std::{env, fs, mem, process, ptr, slice, str};

type Handle = *mut c_void;

#[repr(C)]
struct Facts { rows: u32, outputs: u32, labels: u32, max_length: u32, hidden: u32, layers: u32, directions: u32, goldens: u32, kernel: *const c_char }

extern "C" {
    fn tg_message(status: i32) -> *const c_char;
    fn tg_open(image: *const u64, size: usize, kernel: *const c_char, model: *mut Handle) -> i32;
    fn tg_model_facts(model: Handle, facts: *mut Facts);
    fn tg_label(model: Handle, place: usize, size: *mut usize) -> *const u8;
    fn tg_temperature(model: Handle, tokens: usize) -> f64;
    fn tg_worker_open(model: Handle, worker: *mut Handle) -> i32;
    fn tg_check(worker: Handle, at: *mut usize) -> i32;
    fn tg_run_texts(worker: Handle, bytes: *const u8, offsets: *const i64, texts: usize, logits: *mut f64, tokens: *mut i32) -> i32;
}

fn must(thing: &str, status: i32) {
    if status == 0 { return }
    eprintln!("{}: {}", thing, unsafe { CStr::from_ptr(tg_message(status)) }.to_string_lossy());
    process::exit(2)
}

fn main() -> io::Result<()> {
    let path = env::args().nth(1).expect("usage: classify IMAGE < lines");
    let size = fs::metadata(&path)?.len() as usize;
    let mut image = vec![0u64; size / 8 + 1]; // aligned to 8 bytes, as the core asks; it lives as long as the model
    fs::File::open(&path)?.read_exact(unsafe { slice::from_raw_parts_mut(image.as_mut_ptr().cast(), size) })?;
    let (mut model, mut worker, mut at): (Handle, Handle, usize) = (ptr::null_mut(), ptr::null_mut(), 0);
    must(&path, unsafe { tg_open(image.as_ptr(), size, ptr::null(), &mut model) });
    must(&path, unsafe { tg_worker_open(model, &mut worker) });
    must(&path, unsafe { tg_check(worker, &mut at) }); // its golden texts, to the bit
    let mut facts: Facts = unsafe { mem::zeroed() };
    unsafe { tg_model_facts(model, &mut facts) };
    let mut logits = vec![0f64; facts.outputs as usize];
    for line in io::stdin().lock().split(b'\n') {
        let (line, mut tokens, mut length) = (line?, 0, 0);
        let offsets = [0, line.strip_suffix(b"\r").unwrap_or(&line).len() as i64];
        must("a line", unsafe { tg_run_texts(worker, line.as_ptr(), offsets.as_ptr(), 1, logits.as_mut_ptr(), &mut tokens) });
        let scale = unsafe { tg_temperature(model, tokens as usize) };
        let mut all: Vec<f64> = logits.iter().map(|logit| *logit as f32 as f64).collect(); // scores are those of float32
        if all.len() == 1 { all.insert(0, 0.0) } // two labels share one logit
        let best = (1..all.len()).fold(0, |best, i| if all[i] > all[best] { i } else { best });
        let total: f64 = all.iter().map(|logit| ((logit - all[best]) / scale).exp()).sum();
        let label = unsafe { slice::from_raw_parts(tg_label(model, best, &mut length), length) };
        println!("{}\t{}", str::from_utf8(label).expect("labels are UTF-8"), 1.0 / total);
    }
    Ok(())
}
