//! What policy expressions cost, beside the same written for other engines; see README.md beside this.

mod count;
mod engines;
mod figures;
mod folder;
mod programs;
mod request;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use engines::Engine;
use figures::{Middle, ratio};
use programs::CASES;

/// How long one measurement should take, in nanoseconds: short, so that most are not interrupted.
const MEASUREMENT: f64 = 2e6;
/// Compilations are measured in one round of so many.
const COMPILES: usize = 8;

struct Options {
    rounds: usize,
    mono: Option<PathBuf>,
    folders: Vec<PathBuf>,
    results: Option<PathBuf>,
    only: Option<String>,
}

fn options() -> Result<Options> {
    let mut options = Options { rounds: 101, mono: None, folders: Vec::new(), results: None, only: None };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--rounds" => options.rounds = value()?.parse()?,
            "--mono" => options.mono = Some(value()?.into()),
            "--folder" => options.folders.push(value()?.into()),
            "--results" => options.results = Some(value()?.into()),
            "--only" => options.only = Some(value()?),
            _ => bail!("unknown argument {argument}"),
        }
    }
    Ok(options)
}

/// Samples of an engine: for each program, one a round.
struct Samples {
    engine: &'static str,
    evaluate: Vec<Vec<f64>>,
    compile: Vec<Vec<f64>>,
    allocations: Vec<Option<f64>>,
}

fn main() -> Result<()> {
    let options = options()?;
    let mut engines: Vec<Box<dyn Engine>> = vec![Box::new(engines::ours::Ours::new()?)];
    if options.only.is_none() {
        engines.push(Box::new(engines::rhai::InRhai::new()?));
        engines.push(Box::new(engines::cel::InCel::new()?));
        if let Some(program) = &options.mono {
            engines.push(Box::new(engines::mono::OnMono::new(program)?));
        }
    }
    let samples = rounds(&mut engines, &options)?;
    print(&samples);
    let mut folders = Vec::new();
    for folder in &options.folders {
        let expressions = folder::expressions(folder)?;
        let (median, thousand, clean) = folder::measure(&expressions, 9);
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        println!(
            "{name}: {} expressions, {clean} compile; median {median:.1} us, 1,000 take {thousand:.1} ms",
            expressions.len()
        );
        folders.push(serde_json::json!({
            "folder": name, "expressions": expressions.len(), "compiled": clean,
            "median_us": median, "thousand_ms": thousand,
        }));
    }
    if let Some(path) = &options.results {
        fs::write(path, serde_json::to_vec_pretty(&json(&samples, &folders))?)?;
    }
    Ok(())
}

/// All engines and programs in turn, in a new order each round.
fn rounds(engines: &mut [Box<dyn Engine>], options: &Options) -> Result<Vec<Samples>> {
    let wanted = |case: usize| {
        let name = CASES.get(case).map_or("", |case| case.name);
        options.only.as_ref().is_none_or(|only| name.contains(only.as_str()))
    };
    let mut samples: Vec<Samples> = engines
        .iter()
        .map(|engine| Samples {
            engine: engine.name(),
            evaluate: vec![Vec::new(); CASES.len()],
            compile: vec![Vec::new(); CASES.len()],
            allocations: vec![None; CASES.len()],
        })
        .collect();
    let mut dice = 0x9e37_79b9_7f4a_7c15_u64;
    for round in 0..=options.rounds {
        let mut order: Vec<(usize, usize)> =
            (0..CASES.len()).flat_map(|case| (0..engines.len()).map(move |engine| (case, engine))).collect();
        order.sort_by_cached_key(|_| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            dice >> 33
        });
        for (case, index) in order.into_iter().filter(|(case, _)| wanted(*case)) {
            let (Some(engine), Some(own)) = (engines.get_mut(index), samples.get_mut(index)) else {
                continue;
            };
            measure(engine.as_mut(), own, case, round)?;
        }
    }
    Ok(samples)
}

/// One measurement of each kind; the first round warms up.
fn measure(engine: &mut dyn Engine, own: &mut Samples, case: usize, round: usize) -> Result<()> {
    let Some(once) = engine.evaluate(case, 400)? else { return Ok(()) };
    if round == 0 {
        engine.evaluate(case, 200_000.0_f64.min(1e8 / once.max(1.0)) as u32)?;
        if let Some(place) = own.allocations.get_mut(case) {
            *place = engine.allocations(case)?;
        }
        engine.compile(case, 20)?;
        return Ok(());
    }
    let times = (MEASUREMENT / once.max(1.0)).clamp(20.0, 500_000.0) as u32;
    if let (Some(nanoseconds), Some(list)) = (engine.evaluate(case, times)?, own.evaluate.get_mut(case)) {
        list.push(nanoseconds);
    }
    if round % COMPILES == 1
        && let (Some(nanoseconds), Some(list)) = (engine.compile(case, 50)?, own.compile.get_mut(case))
    {
        list.push(nanoseconds);
    }
    Ok(())
}

fn print(samples: &[Samples]) {
    println!("best of all rounds (median of them)");
    print!("{:34}", "ns per evaluation");
    for own in samples {
        print!(" {:>16}", own.engine);
    }
    println!("   cardea to the others; allocations");
    let Some(ours) = samples.first() else { return };
    let mut medians = Vec::new();
    for (case, program) in CASES.iter().enumerate() {
        print!("{:34}", program.name);
        for own in samples {
            match own.evaluate.get(case).and_then(|list| Middle::of(list)) {
                Some(middle) => print!(" {:>8.0} ({:>5.0})", middle.best, middle.median),
                None => print!(" {:>16}", ""),
            }
        }
        let own = ours.evaluate.get(case).map_or(&[][..], Vec::as_slice);
        medians.extend(Middle::of(own).map(|middle| middle.best));
        for other in samples.iter().skip(1) {
            if let Some(ratio) = other.evaluate.get(case).and_then(|theirs| ratio(own, theirs)) {
                print!("  {} {ratio:.2}", other.engine);
            }
        }
        println!("; {:?}", ours.allocations.get(case).copied().flatten().unwrap_or_default());
    }
    medians.sort_by(f64::total_cmp);
    if let (Some(low), Some(high)) =
        (medians.get((medians.len().max(1) - 1) / 2), medians.get(medians.len() / 2))
    {
        println!("median of the programs: {:.0} ns", f64::midpoint(*low, *high));
    }
    print!("\n{:34}", "us per compilation");
    for own in samples {
        print!(" {:>10}", own.engine);
    }
    println!();
    for (case, program) in CASES.iter().enumerate() {
        print!("{:34}", program.name);
        for own in samples {
            match own.compile.get(case).and_then(|list| Middle::of(list)) {
                Some(middle) => print!(" {:>10.1}", middle.best / 1000.0),
                None => print!(" {:>10}", ""),
            }
        }
        println!();
    }
}

fn json(samples: &[Samples], folders: &[serde_json::Value]) -> serde_json::Value {
    let engines: Vec<_> = samples
        .iter()
        .map(|own| {
            let programs: Vec<_> = CASES
                .iter()
                .enumerate()
                .map(|(case, program)| {
                    serde_json::json!({
                        "program": program.name,
                        "evaluate_ns": own.evaluate.get(case),
                        "compile_ns": own.compile.get(case),
                        "allocations": own.allocations.get(case),
                    })
                })
                .collect();
            serde_json::json!({ "engine": own.engine, "programs": programs })
        })
        .collect();
    serde_json::json!({ "engines": engines, "folders": folders })
}
