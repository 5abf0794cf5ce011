// Costs of TA-Lib's own Rust crate, bar by bar and as a batch. It is given the
// file of bars (columns open, high, low, close, volume) and prints lines
// "PEER MODE INDICATOR NANOSECONDS".

use std::{env, fs, hint::black_box, time::Instant};
use ta_lib::{Core, MAType};

const OPENING: usize = 200; // bars that a stream is opened with

fn say(mode: &str, indicator: &str, started: Instant, bars: usize) {
    println!("talib-rust {mode} {indicator} {:.3}", started.elapsed().as_nanos() as f64 / bars as f64);
}

macro_rules! live {
    ($name:expr, $n:expr, $stream:expr, |$s:ident, $i:ident| $update:expr) => {{
        let mut $s = $stream;
        let started = Instant::now();
        for $i in OPENING..$n {
            let _ = black_box($update);
        }
        say("live", $name, started, $n - OPENING);
    }};
}

macro_rules! block {
    ($name:expr, $n:expr, $batch:expr) => {{
        let started = Instant::now();
        let _ = black_box($batch);
        say("block", $name, started, $n);
    }};
}

fn main() {
    let raw = fs::read(env::args().nth(1).expect("file of bars")).expect("readable");
    let all: Vec<f64> = raw.chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect();
    let n = all.len() / 5;
    let (high, low, close) = (&all[n..2 * n], &all[2 * n..3 * n], &all[3 * n..4 * n]);
    let core = Core::new();
    let (mut x, mut y, mut z) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);

    live!("sma", n, core.sma_open(&close[..OPENING], 20).unwrap().0, |s, i| s.update(close[i]));
    live!("ema", n, core.ema_open(&close[..OPENING], 20).unwrap().0, |s, i| s.update(close[i]));
    live!("rsi", n, core.rsi_open(&close[..OPENING], 14).unwrap().0, |s, i| s.update(close[i]));
    live!("atr", n, core.atr_open(&high[..OPENING], &low[..OPENING], &close[..OPENING], 14).unwrap().0, |s, i| s.update(high[i], low[i], close[i]));
    live!("bbands", n, core.bbands_open(&close[..OPENING], 20, 2.0, 2.0, MAType::SMA).unwrap().0, |s, i| s.update(close[i]));
    live!("macd", n, core.macd_open(&close[..OPENING], 12, 26, 9).unwrap().0, |s, i| s.update(close[i]));
    live!("stoch", n, core.stoch_open(&high[..OPENING], &low[..OPENING], &close[..OPENING], 14, 3, MAType::SMA, 3, MAType::SMA).unwrap().0, |s, i| s.update(high[i], low[i], close[i]));

    block!("sma", n, core.sma(0, n - 1, close, 20, &mut x));
    block!("ema", n, core.ema(0, n - 1, close, 20, &mut x));
    block!("rsi", n, core.rsi(0, n - 1, close, 14, &mut x));
    block!("atr", n, core.atr(0, n - 1, high, low, close, 14, &mut x));
    block!("bbands", n, core.bbands(0, n - 1, close, 20, 2.0, 2.0, MAType::SMA, &mut x, &mut y, &mut z));
    block!("macd", n, core.macd(0, n - 1, close, 12, 26, 9, &mut x, &mut y, &mut z));
    block!("stoch", n, core.stoch(0, n - 1, high, low, close, 14, 3, MAType::SMA, 3, MAType::SMA, &mut x, &mut y));
}
