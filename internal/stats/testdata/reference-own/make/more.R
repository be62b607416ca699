# Methods that the published cases do not have. Run after make.R: Rscript more.R
source("../../reference/make/ref_lib.R")
suppressPackageStartupMessages({ library(MASS); library(lme4); library(lmerTest); library(igraph) })
D <- ".."; SRC <- "own data; R 4.2.2: MASS::polr, lme4, lmerTest, pbkrtest, igraph, or the written formula"
set.seed(20260702, kind = "Mersenne-Twister", sample.kind = "Rejection")
case <- function(id, input, args, expected, tol = 1e-8, note = NULL) write_case(D, id, input, args, expected, SRC, tol, note)

# ---- networks: centralisation, and double semi-partialling from its definition ----------------------------------------
A <- as.matrix(read.csv("../input/services_before.csv", header = FALSE)); B <- as.matrix(read.csv("../input/services_after.csv", header = FALSE))
g <- graph_from_adjacency_matrix(A, mode = "directed")
case("own_centralisation", "services_before.csv", list(method = "centralisation"), list(in_degree = centr_degree(g, mode = "in", loops = FALSE)$centralization, out_degree = centr_degree(g, mode = "out", loops = FALSE)$centralization, betweenness = centr_betw(g, directed = TRUE)$centralization), 1e-10)
P <- as.matrix(read.csv("../input/services_perms.csv")); off <- row(A) != col(A); sec <- read.csv("../input/services_sector.csv", na.strings = "")$sector; S <- outer(sec, sec, "==") * 1
X <- list(before = A, same = S)
dsp <- function(k) { oth <- X[-k]; e <- matrix(0, 12, 12); e[off] <- residuals(lm(X[[k]][off] ~ oth[[1]][off])); tt <- function(m) summary(lm(B[off] ~ oth[[1]][off] + m[off]))$coefficients[3, 3]; o <- abs(tt(e)); (1 + sum(apply(P, 1, function(p) abs(tt(e[p, p]))) >= o * (1 - 1e-12))) / (nrow(P) + 1) }
case("own_mrqap_dsp", "services_after.csv", list(method = "mrqap_dsp", x = c("before = services_before.csv", "same = same sector"), perms = "services_perms.csv"), list(estimate = num(coef(lm(B[off] ~ A[off] + S[off]))), p_abs = c(NA, dsp(1), dsp(2))))

# ---- ordinal answers, clustered ------------------------------------------------------------------------------------------
o <- data.frame(cohort = rep(paste0("C", 1:9), c(4, 6, 8, 10, 12, 7, 5, 9, 11)), wave = (1:72) %% 2, years = (1:72 * 17) %% 23); b <- rnorm(9, 0, .5)
o$y <- cut(.8 * o$wave - .03 * o$years + b[as.integer(factor(o$cohort))] + rlogis(72), c(-Inf, -1, 0, 1, Inf), labels = FALSE); write_input(D, "ordinal.csv", o)
m <- polr(factor(y) ~ wave + years, o, Hess = TRUE, control = list(reltol = 1e-15, maxit = 1000)); nl <- function(t) { e <- t[4] * o$wave + t[5] * o$years; F <- plogis(outer(-e, c(-Inf, t[1:3], Inf), "+")); log(F[cbind(1:72, o$y + 1)] - F[cbind(1:72, o$y)]) }
t0 <- c(m$zeta, coef(m)); for (i in 1:5) t0 <- t0 - solve(numDeriv::hessian(function(t) sum(nl(t)), t0), numDeriv::grad(function(t) sum(nl(t)), t0))
H <- -numDeriv::hessian(function(t) sum(nl(t)), t0); U <- numDeriv::jacobian(nl, t0); Ug <- rowsum(U, o$cohort); J <- 9; V <- solve(H) %*% crossprod(Ug) %*% solve(H) * J / (J - 1)
stopifnot(max(abs(t0[4:5] - coef(m))) < 1e-4)
case("own_proportional_odds", "ordinal.csv", list(method = "proportional_odds", columns = c("wave", "years")), list(thresholds = num(t0[1:3]), estimate = num(t0[4:5]), se = num(sqrt(diag(solve(H)))[4:5]), se_cluster = num(sqrt(diag(V))[4:5]), deviance = -2 * sum(nl(t0))), 1e-5)

# ---- signed ranks in cohorts ----------------------------------------------------------------------------------------------
u <- read.csv("../input/uneven.csv"); k <- complete.cases(u$pre, u$post); d <- round(u$post - u$pre, 10)[k]; r <- rank(abs(d)) * sign(d); Tg <- tapply(r, u$cohort[k], sum)
sg <- as.matrix(expand.grid(rep(list(c(1, -1)), length(Tg)))); z <- sum(Tg) / sqrt(sum(Tg^2))
case("own_clustered_wilcoxon", "uneven.csv", list(method = "clustered_wilcoxon"), list(n = sum(k), clusters = length(Tg), sum = sum(Tg), z = z, p = 2 * pnorm(-abs(z)), p_exact = mean(abs(sg %*% Tg) >= abs(sum(Tg)) - 1e-9)))
S <- tapply(d, u$cohort[k], sum); N <- tapply(d, u$cohort[k], length); pe <- function(e) { x <- S - N * e; mean(abs(sg %*% x) >= abs(sum(x)) * (1 - 1e-12)) }; est <- sum(S) / sum(N)
en <- function(s) { lo <- 0; hi <- 50; for (i in 1:80) { m <- (lo + hi) / 2; if (pe(est + s * m) > .05) lo <- m else hi <- m }; est + s * lo }
case("own_flip_interval", "uneven.csv", list(method = "flip_interval"), list(low = round(en(-1), 9), high = round(en(1), 9)))

# ---- shrinkage by the written formula, on the schools of Rubin (1981) ----------------------------------------------------------
sh <- data.frame(group = LETTERS[1:8], y = c(28.39, 7.94, -2.75, 6.82, -.64, .63, 18.01, 12.16) * c(1, 1, 1, 1, 1, 1, 3, 1), se = c(14.9, 10.2, 16.3, 11, 9.4, 11.4, 10.4, 17.6)); write_input(D, "groups.csv", sh)
V <- sh$se^2; y <- sh$y; K <- 8; ex <- function(A) { W <- 1 / (V + A); m <- sum(W * y) / sum(W); sum(W^2 * (K / (K - 1) * (y - m)^2 - V - A)) }; Ah <- if (ex(0) <= 0) 0 else uniroot(ex, c(0, 1e5), tol = 1e-13)$root; W <- 1 / (V + Ah); m <- sum(W * y) / sum(W); Bf <- (K - 3) / (K - 1) * V / (V + Ah); vb <- sum(W * V) / sum(W); es <- (1 - Bf) * y + Bf * m
case("own_shrink", "groups.csv", list(method = "shrink"), list(mean = m, between = Ah, estimate = es, se = sqrt(V * (1 - (K - 1) / K * Bf) + 2 / (K - 3) * Bf^2 * (vb + Ah) / (V + Ah) * (y - m)^2)), 1e-7)

# ---- stepped wedge: five oblasts, eight months, one to three cases a cell, a cell missing -------------------------------------------
w <- expand.grid(rep = 1:3, period = 1:8, oblast = 1:5); w <- w[w$rep <= 1 + (w$period * w$oblast) %% 3 & !(w$oblast == 2 & w$period == 4), ]; start <- c(3, 4, 4, 6, 7); w$exposure <- pmax(0, w$period - start[w$oblast] + 1)
w$y <- round(20 + .5 * w$period - 1.5 * (w$exposure > 0) - .4 * w$exposure + rnorm(5, 0, 2)[w$oblast] + rnorm(40)[(w$oblast - 1) * 8 + w$period] + rnorm(nrow(w), 0, 1.5), 2); w$weight <- 1; w$oblast <- paste0("O", w$oblast); rownames(w) <- NULL
write_input(D, "wedge.csv", w[, c("oblast", "period", "exposure", "y", "weight")]); w$cell <- paste(w$oblast, w$period); w$z <- as.integer(w$exposure > 0); w$p <- factor(w$period); w$e <- factor(w$exposure)
c1 <- lmm(y ~ p + z + (1 | oblast) + (1 | cell), w, list(effect = c(rep(0, 8), 1)))
ne <- nlevels(w$e) - 1; c2 <- lmm(y ~ p + e + (1 | oblast) + (1 | cell), w, c(list(average = c(rep(0, 8), rep(1 / ne, ne))), setNames(lapply(1:ne, function(i) c(rep(0, 8), as.numeric(1:ne == i))), paste0("at", 1:ne))))
pickc <- function(x) x[c("estimate", "se", "df_satterthwaite", "se_kr", "df_kr")]
cm <- aggregate(y ~ oblast + period + exposure + z, w, mean); cm$oblast <- factor(cm$oblast); cw <- aggregate(weight ~ oblast + period, w, sum); cm <- merge(cm, cw)
gt <- function(cm) { out <- NULL; st <- setNames(start, paste0("O", 1:5))[as.character(unique(cm$oblast))]; Y <- tapply(cm$y, list(cm$oblast, cm$period), mean); for (s in sort(unique(st))) for (t in s:8) { b <- Y[names(st), as.character(t)] - Y[names(st), as.character(s - 1)]; tr <- b[st == s & !is.na(b)]; un <- b[st > t & !is.na(b)]; if (length(tr) && length(un)) out <- rbind(out, c(length(tr), mean(tr) - mean(un))) }; sum(out[, 1] * out[, 2]) / sum(out[, 1]) }
jk <- sapply(paste0("O", 1:5), function(o) gt(droplevels(cm[cm$oblast != o, ]))); allp <- unique(as.matrix(expand.grid(rep(list(1:5), 5))[apply(expand.grid(rep(list(1:5), 5)), 1, function(v) length(unique(v)) == 5), ])); ords <- unique(t(apply(allp, 1, function(v) start[v])))
stat <- function(s, y) { zz <- as.integer(cm$period >= s[as.integer(cm$oblast)]); R <- residuals(lm(zz ~ factor(period) + oblast, cm, weights = weight)); q <- sum(cm$weight * R^2); if (q < 1e-9) 0 else abs(sum(cm$weight * R * y)) / sqrt(q) }
fe <- coef(lm(y ~ factor(period) + oblast + z, cm, weights = weight))[["z"]]; pw <- function(e) { y <- cm$y - e * cm$z; o <- stat(start, y); mean(apply(ords, 1, stat, y = y) >= o * (1 - 1e-10)) }
en <- function(s) { lo <- 0; hi <- 200; for (i in 1:60) { m <- (lo + hi) / 2; if (pw(fe + s * m) > .05) lo <- m else hi <- m }; fe + s * lo }
case("own_wedge", "wedge.csv", list(method = "wedge"), list(constant = pickc(c1$contrasts$effect), average = pickc(c2$contrasts$average), at = lapply(setNames(nm = paste0("at", 1:ne)), function(k) pickc(c2$contrasts[[k]])), variance_between = c1$variance$oblast, variance_cell = c1$variance$cell, variance_residual = c1$variance$Residual, group_time = gt(cm), group_time_se = sqrt(4 / 5 * sum((jk - mean(jk))^2)), orders = nrow(ords), p = pw(0), estimate_fixed = fe, low = en(-1), high = en(1)), 1e-5)
# one row a cell, with cases behind it: weights
m1 <- lmer(y ~ p + z + (1 | oblast), within(cm, { p <- factor(period) }), weights = weight, control = lmerControl(optCtrl = list(rhoend = 1e-10)))
case("own_lmm_weights", "wedge_cells.csv", list(method = "lmm", formula = "y ~ factor(period) + z + (1|oblast)", weights = "weight", contrasts = list(z = c(rep(0, 8), 1))), list(reml_criterion = num(REMLcrit(m1)), terms = c("(Intercept)", paste0("factor(period)", 2:8), "z"), estimate = num(fixef(m1)), se = num(sqrt(diag(as.matrix(vcov(m1)))))), 1e-5)
write_input(D, "wedge_cells.csv", cm[, c("oblast", "period", "z", "y", "weight")])
cat("cases:", length(list.files(file.path(D, "expected"))), "\n")
